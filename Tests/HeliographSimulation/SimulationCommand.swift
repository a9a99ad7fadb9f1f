import ArgumentParser
import CSimulation
import Foundation
import Logging

/// Runs seeds, each to its end.
@main
struct SimulationCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "heliograph-simulation",
        abstract: "Runs workers over a log in memory, where schedule, clock, network and faults are a seed's.",
        discussion:
            "Exit status 1 if anything was lost, doubled, out of order, or has got stuck. The same seed does the same.")

    @Option(help: "The first seed.")
    var seed: UInt64 = 1

    @Option(help: "How many seeds.")
    var count: UInt64 = 100

    @Flag(help: "Show what the workers log, with the simulated time.")
    var log = false

    @Flag(help: "A line for each seed, also for those in which nothing was wrong.")
    var verbose = false

    @Option(
        help: ArgumentHelp(
            "Work with a defect, until it is caught: \(Flaw.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "name"))
    var flaw: Flaw?

    @Flag(help: "Show that each defect is caught, by what it does.")
    var checkChecker = false

    func validate() throws {
        #if !DEBUG
            guard flaw == nil, !checkChecker else {
                throw ValidationError("flawed workers are made of the worker's insides, which only a debug build shows")
            }
        #endif
        guard count > 0, seed.addingReportingOverflow(count).overflow == false else {
            throw ValidationError("--count must be at least 1")
        }
    }

    func run() throws {
        guard simulation_works() else {
            throw ValidationError("the simulation needs Linux, where a program can stand before the system's clocks")
        }
        try Self.fixHashes()
        if checkChecker { return try checkFlaws() }
        var total = Tally()
        for seed in seed..<seed + count {
            let result = SeedRun(seed: seed, flaw: flaw, showsLog: log).result
            total.add(result)
            if verbose || !result.faults.isEmpty { print(result.line) }
            fflush(nil)
            for fault in result.faults { print("  \(fault)") }
        }
        print(total.line)
        if total.failures > 0 { throw ExitCode.failure }
    }

    /// Runs seeds with each defect until one catches it.
    private func checkFlaws() throws {
        var missed = 0
        for flaw in flaw.map({ [$0] }) ?? Flaw.allCases {
            var caught: String?
            for seed in seed..<seed + count where caught == nil {
                let faults = SeedRun(seed: seed, flaw: flaw).result.faults
                let harm = faults.first { fault in flaw.harm.contains { fault.hasPrefix($0) } }
                caught = harm.map { "caught by seed \(seed): \($0)" }
            }
            if caught == nil { missed += 1 }
            print("\(flaw.rawValue): \(caught ?? "NOT CAUGHT")")
            fflush(nil)
        }
        if missed > 0 { throw ExitCode.failure }
    }

    /// Starts the program again if its sets and dictionaries would have an order of their own each time.
    private static func fixHashes() throws {
        let name = "SWIFT_DETERMINISTIC_HASHING"
        guard ProcessInfo.processInfo.environment[name] == nil else { return }
        setenv(name, "1", 1)
        var arguments = CommandLine.arguments.map { strdup($0) } + [nil]
        execv("/proc/self/exe", &arguments)
        throw ValidationError("cannot start itself again with \(name): \(String(cString: strerror(errno)))")
    }
}
