import Basics
import Chandelier
import Testing

@Suite("Solvers of assignment problems")
struct SolverTests {
    private func solve(_ optimiser: Optimiser, _ problem: AssignmentProblem, seed: UInt64 = 0)
        -> [Int32]
    {
        var budget = WorkBudget.unlimited
        return optimiser.solve(problem, seed: seed, budget: &budget)
    }

    @Test("the exact solver finds what trying everything finds", arguments: 1...300)
    func exactIsExact(seed: UInt64) {
        let problem = Problems.small(seed: seed)
        #expect(problem.value(of: solve(.exact, problem)) == Problems.optimum(problem).value)
    }

    @Test("every solver keeps the rules and leaves nobody out who could sit", arguments: 1...100)
    func feasible(seed: UInt64) throws {
        let problem = Problems.small(seed: seed)
        let optimum = Problems.optimum(problem)
        for optimiser in Optimiser.allCases {
            let solution = solve(optimiser, problem, seed: seed)
            let value = try #require(problem.value(of: solution), "\(optimiser)")
            #expect(value <= optimum.value)
            // The exact solver maximises the sum; the others seat as many as possible first.
            if optimiser == .exact || optimiser == .chandelier { continue }
            #expect(solution.count { $0 >= 0 } == optimum.seated, "\(optimiser)")
        }
    }

    @Test("Chandelier is within 2 % of the optimum of small problems on average")
    func smallRatio() throws {
        var sum = 0.0
        var worst = 1.0
        var count = 0.0
        for seed in 1...500 as ClosedRange<UInt64> {
            let problem = Problems.small(seed: seed)
            let optimum = Problems.optimum(problem).value
            guard optimum > 0 else { continue }
            let value = try #require(problem.value(of: solve(.chandelier, problem)))
            sum += Double(value) / Double(optimum)
            worst = min(worst, Double(value) / Double(optimum))
            count += 1
        }
        #expect(count > 300)
        #expect(sum / count >= 0.98, "\(sum / count)")
        #expect(worst >= 0.6, "\(worst)")
    }

    @Test("the auction is within a unit per child of the optimum", arguments: [10, 40, 120])
    func auctionBound(count: Int) throws {
        let problem = Problems.square(count, forbiddenPercent: 15, seed: 3)
        let exact = try #require(problem.value(of: solve(.exact, problem)))
        let auction = try #require(problem.value(of: solve(.auction, problem)))
        #expect(exact - auction <= count)
    }

    @Test("switching beats greedy and comes within 1 % where 15 % of the pairs are forbidden")
    func switching() throws {
        let problem = Problems.square(200, forbiddenPercent: 15, seed: 5)
        let exact = try #require(problem.value(of: solve(.exact, problem)))
        let greedySolution = solve(.greedy, problem)
        let greedy = try #require(problem.value(of: greedySolution))
        var budget = WorkBudget.unlimited
        // From where greedy ended, so that it is not the auction which shines.
        let switched = Optimiser.chandelier
            .solve(problem, start: greedySolution, budget: &budget)
        let value = try #require(problem.value(of: switched))
        #expect(value > greedy)
        #expect(Double(value) >= 0.985 * Double(exact), "\(Double(value) / Double(exact))")
        let cold = try #require(problem.value(of: solve(.chandelier, problem)))
        #expect(Double(cold) >= 0.99 * Double(exact))
    }

    @Test("stopped at any step, every solver returns what keeps the rules and its start")
    func anyTime() throws {
        let problem = Problems.square(30, forbiddenPercent: 15, seed: 9)
        let start = solve(.greedy, problem)
        let before = try #require(problem.value(of: start))
        for optimiser in Optimiser.allCases {
            for units in stride(from: 0, through: 6_000, by: 37) {
                var budget = WorkBudget(units: units)
                let solution = optimiser.solve(problem, start: start, seed: 1, budget: &budget)
                let value = try #require(problem.value(of: solution))
                #expect(solution.allSatisfy { $0 >= 0 })
                if optimiser == .chandelier { #expect(value >= before) }
                if budget.isSpent, optimiser != .chandelier { #expect(solution == start) }
            }
        }
    }

    @Test("the more Chandelier may do, the better it does")
    func monotone() throws {
        let problem = Problems.square(60, forbiddenPercent: 15, seed: 2)
        let start = solve(.random, problem)
        var last = 0
        for units in stride(from: 0, through: 200_000, by: 5_000) {
            var budget = WorkBudget(units: units)
            let solution = Optimiser.chandelier.solve(problem, start: start, budget: &budget)
            let value = try #require(problem.value(of: solution))
            #expect(value >= last)
            last = value
        }
        #expect(Double(last) > 1.5 * Double(try #require(problem.value(of: start))))
    }

    @Test("a budget by the clock stops where the clock says")
    func clock() {
        let problem = Problems.square(60, forbiddenPercent: 15, seed: 2)
        var questions = 0
        var budget = WorkBudget(until: {
            questions += 1
            return questions == 3
        })
        let start = solve(.random, problem)
        _ = Optimiser.chandelier.solve(problem, start: start, budget: &budget)
        #expect(budget.isSpent)
        #expect(questions == 3)
    }

    @Test("edges that make no sense are left out, and wrong assignments have no value")
    func odd() {
        let problem = AssignmentProblem(
            capacities: [1, -3],
            edges: [
                [.init(parent: 0, benefit: 5), .init(parent: 0, benefit: 7)],
                [.init(parent: 9, benefit: 5), .init(parent: 0, benefit: -1)],
                [.init(parent: 1, benefit: 4)],
            ]
        )
        #expect(problem.edgeCount == 2)
        #expect(problem.value(of: [0, -1, -1]) == 7)
        #expect(problem.value(of: [0, 0, -1]) == nil)
        #expect(problem.value(of: [-1, -1, 1]) == nil)
        #expect(problem.value(of: [0]) == nil)
        for optimiser in Optimiser.allCases {
            #expect(solve(optimiser, problem) == [0, -1, -1])
        }
    }
}
