import Testing

@testable import HeliographModels

@Suite("After-commit hooks over savepoints")
struct AfterCommitQueueTests {
    enum Step: CaseIterable {
        case append
        case open
        case release
        case rollBack
    }

    /// The same, told by a stack of lists.
    struct Reference {
        var levels: [[Int]] = [[]]

        mutating func apply(_ step: Step, _ hook: Int) {
            switch step {
            case .append: levels[levels.count - 1].append(hook)
            case .open: levels.append([])
            case .release where levels.count > 1:
                let kept = levels.removeLast()
                levels[levels.count - 1] += kept
            case .rollBack where levels.count > 1: levels.removeLast()
            case .release, .rollBack: break
            }
        }
    }

    @Test("Every sequence of up to seven steps leaves the hooks that the reference leaves, in its order")
    func exhaustive() {
        var checked = 0
        func extend(_ queue: AfterCommitQueue<Int>, _ reference: Reference, length: Int) {
            var taken = queue
            let hooks = taken.takeAll()
            if hooks != reference.levels.flatMap(\.self) {
                Issue.record("\(hooks) instead of \(reference.levels) after \(length) steps")
            }
            if !taken.takeAll().isEmpty { Issue.record("hooks are left after they were taken") }
            checked += 1
            guard length < 7 else { return }
            for step in Step.allCases {
                var queue = queue
                var reference = reference
                switch step {
                case .append: queue.append(length)
                case .open: queue.openSavepoint()
                case .release: queue.releaseSavepoint()
                case .rollBack: queue.rollBackSavepoint()
                }
                reference.apply(step, length)
                extend(queue, reference, length: length + 1)
            }
        }
        extend(AfterCommitQueue(), Reference(), length: 0)
        #expect(checked == (0...7).reduce(0) { sum, length in sum + (0..<length).reduce(1) { power, _ in power * 4 } })
    }

    @Test("A rolled-back savepoint drops its own hooks and those of the savepoints in it")
    func nested() {
        var queue = AfterCommitQueue<String>()
        queue.append("a")
        queue.openSavepoint()
        queue.append("b")
        queue.openSavepoint()
        queue.append("c")
        queue.releaseSavepoint()
        queue.rollBackSavepoint()
        queue.append("d")
        #expect(queue.takeAll() == ["a", "d"])
    }
}
