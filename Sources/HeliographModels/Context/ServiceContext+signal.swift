public import ServiceContextModule

extension ServiceContext {
    private enum Key: ServiceContextKey {
        typealias Value = SignalContext
        static var nameOverride: String? { "heliograph.signal" }
    }

    /// What transactions in this context say about themselves in the signal log.
    public var signalContext: SignalContext? {
        get { self[Key.self] }
        set { self[Key.self] = newValue }
    }
}
