import ServiceLifecycle

/// Suspends for a time; ends early when the task is cancelled or its service group shuts down.
package func pause(for time: Duration) async {
    try? await cancelWhenGracefulShutdown { try await Task.sleep(for: time) }
}
