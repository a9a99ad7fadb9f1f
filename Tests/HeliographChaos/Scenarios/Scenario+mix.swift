import Heliograph
import HeliographTesting

extension Scenario {
    static let mix = Scenario(
        name: "mix", summary: "all of it, at random",
        needs: .init(isPrivate: true, network: .loopback),
        workers: { stage in
            let proxy = try stage.connectProxy()
            for number in 1...3 {
                stage.fleet.add(
                    stage.plan(number) { plan in
                        if number == 1 { plan.target = stage.target(through: proxy) }
                        if number == 2 { plan.clockJump = 86_400 }
                        plan.kinds = [.each, .batch, .forth]
                        plan.silenceLimit = 1
                        plan.timeout = 1
                        plan.throwing = 50
                        plan.hanging = 1
                    })
            }
        },
        disturb: { stage in
            guard let proxy = stage.proxy else { return }
            try await stage.repeatedly(for: .seconds(stage.isQuick ? 4 : 60)) { _ in
                let victim = stage.draw(0...2)
                switch stage.draw(0...13) {
                case 0, 1: stage.fleet.send(.kill, to: victim)
                case 2: stage.fleet.send(.terminate, to: victim)
                case 3, 4: try? await stage.terminateSessions(stage.draw(1...6))
                case 5, 6:
                    stage.fleet.send(.stop, to: victim)
                    try await stage.pause(milliseconds: 200...3_000)
                    stage.fleet.send(.proceed, to: victim)
                case 7:
                    proxy.turn([.lost, .halfOpen, .slow(20)][stage.draw(0...2)])
                    try await stage.pause(milliseconds: 200...2_500)
                    proxy.turn(.clear)
                    proxy.cut()
                case 8: try await ServerFault.allCases[stage.draw(0...3)].inflict(on: stage)
                case 9: try? await stage.clearLog()
                case 10: try? await stage.rest()
                default: try await stage.pause(milliseconds: 100...1_000)
                }
                try await stage.pause(milliseconds: 0...300)
            }
            proxy.turn(.clear)
            proxy.cut()
        })
}
