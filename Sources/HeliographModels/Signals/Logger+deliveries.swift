package import HeliographSignals
package import Logging

extension Logger {
    /// Tells which receivers of a signal failed; for signals whose sender goes on.
    ///
    /// - Parameters:
    ///   - message: What a failure is to be called.
    ///   - deliveries: What became of the receivers.
    ///   - signal: The signal's name.
    package func report(_ message: Logger.Message, _ deliveries: [Delivery], of signal: String) {
        for delivery in deliveries {
            guard let error = delivery.error else { continue }
            info(
                message,
                metadata: [
                    "receiver.id": "\(delivery.receiver)", "signal.name": "\(signal)", "error": "\(error.loggable)",
                ]
            )
        }
    }
}
