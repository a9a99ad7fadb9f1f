import ArgumentParser

/// A time as people write it: `30s`, `15m`, `36h`, `7d`.
struct DurationArgument: ExpressibleByArgument {
    let duration: Duration
    let text: String

    init?(argument: String) {
        guard let unit = argument.last.flatMap({ Self.units[$0] }), let count = Int64(argument.dropLast()), count >= 0,
            case (let seconds, let overflows) = count.multipliedReportingOverflow(by: unit), !overflows
        else { return nil }
        duration = .seconds(seconds)
        text = argument
    }

    static let week = DurationArgument(duration: .seconds(7 * 86_400), text: "7d")

    private init(duration: Duration, text: String) {
        self.duration = duration
        self.text = text
    }

    private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]

    var defaultValueDescription: String { text }
}
