import HeliographTesting

extension Scenario {
    static let network = Scenario(
        name: "network", summary: "a network that delays, cuts and half-opens the connections of one of two workers",
        needs: .init(isPrivate: true, network: .loopback),
        workers: { stage in
            let proxy = try stage.connectProxy()
            stage.fleet.add(
                stage.plan(1) { plan in
                    plan.target = stage.target(through: proxy)
                    plan.silenceLimit = 1
                    plan.timeout = 1
                })
            stage.fleet.add(
                stage.plan(2) { plan in
                    plan.silenceLimit = 1
                    plan.timeout = 1
                })
        },
        disturb: { stage in
            guard let proxy = stage.proxy else { return }
            try await stage.repeatedly { _ in
                try await stage.fleet.ready(0)
                for weather in stage.shuffled([NetworkProxy.Weather.slow(20), .lost, .halfOpen, .clear]) {
                    let start = ContinuousClock.now
                    proxy.turn(weather)
                    switch weather {
                    case .clear: proxy.cut()
                    case .slow: try await stage.pause(milliseconds: 300...1_500)
                    // Until the server ends the sessions that it does not hear of.
                    case .lost, .halfOpen: break
                    }
                    try await stage.measureRecovery(since: start)
                    proxy.turn(.clear)
                    if case .slow = weather { continue }
                    proxy.cut()
                    try await stage.pause(milliseconds: 100...500)
                }
            }
            proxy.turn(.clear)
            proxy.cut()
        })
}

extension Stage {
    /// Puts a network between the server and those who connect through it.
    func connectProxy() throws -> NetworkProxy {
        let proxy = try NetworkProxy(to: arena.cluster.port)
        self.proxy = proxy
        return proxy
    }

    /// How to reach the database through a network. Without TLS: what is lost is lost in the same way each time.
    func target(through proxy: NetworkProxy) -> String {
        arena.cluster.networkConnectionString(database: arena.database)
            .replacing("port='\(arena.cluster.port)'", with: "port='\(proxy.port)'")
            + " sslmode=disable gssencmode=disable"
    }
}
