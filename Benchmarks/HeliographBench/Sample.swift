import CBaseline

/// What one round of some work took.
struct Sample {
    /// Elapsed seconds.
    var seconds: Double
    /// CPU seconds of this process, all threads.
    var cpu: Double

    static func take(_ work: () async throws -> Void) async throws -> Sample {
        let cpu = baseline_cpu()
        let start = baseline_now()
        try await work()
        let end = baseline_now()
        return Sample(seconds: Double(end - start) / 1e9, cpu: Double(baseline_cpu() - cpu) / 1e9)
    }
}

/// Plain libpq in C failed; it has said why on standard error.
struct BaselineError: Error {}

func checked(_ outcome: Int32) throws {
    if outcome != 0 { throw BaselineError() }
}
