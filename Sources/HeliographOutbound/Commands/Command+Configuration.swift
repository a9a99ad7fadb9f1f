public import Foundation

extension Command {
    /// How long a command may take, and where its output goes.
    public struct Configuration: Sendable {
        /// How long one delivery may take before the command is ended. More than 0, a day at most. Default: 5 minutes.
        public var timeout: Duration
        /// How long the command's processes may take to end after SIGTERM, before SIGKILL. From 0 to an hour. Default:
        /// 5 seconds.
        public var grace: Duration
        /// Where its standard output goes. Default: that of this program.
        public var standardOutput: FileHandle
        /// Where its standard error goes; the last line is quoted in failures. Default: that of this program.
        public var standardError: FileHandle

        /// A configuration; see the properties.
        public init(
            timeout: Duration = .seconds(300), grace: Duration = .seconds(5),
            standardOutput: FileHandle = .standardOutput, standardError: FileHandle = .standardError
        ) {
            self.timeout = timeout
            self.grace = grace
            self.standardOutput = standardOutput
            self.standardError = standardError
        }

        func check() throws(OutboundTargetError) {
            guard timeout > .zero, timeout <= .seconds(86_400) else {
                throw OutboundTargetError(
                    "the time-out of a command has to be more than 0 and at most a day, not \(timeout)")
            }
            guard grace >= .zero, grace <= .seconds(3600) else {
                throw OutboundTargetError("the grace of a command has to be from 0 to an hour, not \(grace)")
            }
        }
    }
}
