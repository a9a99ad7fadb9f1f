/// What seeds come to.
struct Tally {
    private(set) var runs = 0
    private(set) var failures = 0
    private var choices: UInt64 = 0
    private var jobs: UInt64 = 0
    private var seconds = 0.0

    mutating func add(_ result: SeedRun.Result) {
        runs += 1
        if !result.faults.isEmpty { failures += 1 }
        choices += result.choices
        jobs += result.jobs
        seconds += result.seconds
    }

    var line: String {
        "\(runs) seeds, \(failures) failed; \(jobs) jobs, \(choices) choices, \(Int(seconds / 3_600)) h simulated"
    }
}
