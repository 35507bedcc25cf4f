import Basics

/// Coming and going by a churn model.
extension World {
    /// Churn begins: everybody who is there draws how long he stays, and others come.
    mutating func beginChurn() {
        guard let churn = configuration.churn else { return }
        for index in viewers where !machines[index].isGone { scheduleDeparture(of: index, churn) }
        scheduleArrival(churn)
    }

    mutating func scheduleDeparture(of index: Int, _ churn: Churn) {
        let at = now + churn.draw(&random)
        guard churn.acts(at: at - World.start) else { return }
        heap.insert(Occurrence(kind: .depart, machine: index, value: 0), at: at)
        disturbedUntil = max(disturbedUntil, min(at, publishesUntil))
    }

    /// The next arrival of the Poisson process, and its class.
    private mutating func scheduleArrival(_ churn: Churn) {
        let counts = configuration.population.map(\.count)
        let total = counts.reduce(0, +)
        guard total > 0 else { return }
        let at = now + .seconds(random.exponential(mean: churn.mean / Double(total)))
        guard churn.acts(at: at - World.start) else { return }
        var drawn = random.below(total)
        let viewers = counts.firstIndex { count in
            drawn -= count
            return drawn < 0
        }
        heap.insert(Occurrence(kind: .arrive, machine: -1, value: viewers ?? 0), at: at)
    }

    mutating func arriveByChurn(class viewers: Int) {
        join(class: viewers)
        disturbedUntil = max(disturbedUntil, now)
        if let churn = configuration.churn { scheduleArrival(churn) }
    }

    mutating func departByChurn(_ index: Int) {
        guard !machines[index].isGone else { return }
        trace.note(.fault, index, size: 0, from: 0, at: now)
        if random.unit() < Churn.politeShare {
            leave([index])
        } else {
            crash([index])
        }
    }
}
