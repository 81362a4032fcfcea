public import Tasks
public import Tensors

/// Why a recipe cannot train, or had to stop.
public enum RecipeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A setting is out of range.
    case setting(name: String, found: String, allowed: String)
    /// The model's output does not fit what it shall predict.
    case output(found: Shape, needed: Shape)
    /// The output of a task's head does not fit what it shall predict.
    case headOutput(task: String, found: Shape, needed: Shape)
    /// The loss of a part became infinite or NaN at a step, which counts from 0 within that part.
    case lossDiverged(role: Role, step: Int)
    /// Every part diverged, so that going on without them leaves nothing; the first of them, and its step.
    case everythingDiverged(first: Role, step: Int)
    /// Boosting ended with nothing, because the first member was no better than guessing: its weighted error, nil
    /// when there was none to find, and that of guessing.
    case noBetterThanChance(error: Double?, chance: Double)
    /// Data of another width than the model was trained on.
    case featureCount(found: Int, needed: Int)
    /// The tensors of a saved model or of a snapshot are not those of their network.
    case weights(String)

    /// What is wrong, what is allowed, and what to do, in one line.
    public var description: String { sentence.printable }

    private var sentence: String {
        switch self {
        case .setting(let name, let found, let allowed): "'\(name)' is \(found), and must be \(allowed)."
        case .output(let found, let needed):
            """
            The model's last layer gives \(found) for each example, but \(needed) is needed, one number for each class: \
            end with {dense: \(needed.sizes.last ?? 1)}.
            """
        case .headOutput(let task, let found, let needed):
            """
            The head of '\(task)' gives \(found) for each example, but \(needed) is needed, one number for each class or a \
            single one to predict a number: end with {dense: \(needed.sizes.last ?? 1)}.
            """
        case .lossDiverged(let role, let step):
            """
            Training diverged: in \(role), the loss became infinite or NaN at step \(step + 1). Lower the learning rate, or \
            standardise the data; with `diverged: skip` a job goes on without that part.
            """
        case .everythingDiverged(let role, let step):
            """
            Training diverged everywhere, so that nothing is left; in \(role), the loss became infinite or NaN at step \
            \(step + 1). Lower the learning rate, or standardise the data.
            """
        case .noBetterThanChance(let error?, let chance):
            """
            The first member errs on \(error) of the rows, and guessing on \(chance): there is nothing to \
            boost. Use a stronger learner, or other features.
            """
        case .noBetterThanChance(nil, _):
            "No feature has two different values, so that no stump can tell rows apart: there is nothing to boost."
        case .featureCount(let found, let needed):
            "The data has \(found) features for each row, but the model was trained on \(needed)."
        case .weights(let what): "The weights do not fit the model: \(what)."
        }
    }
}

extension RecipeError {
    /// Refuses a count out of range.
    static func require(_ name: String, _ found: Int, in allowed: ClosedRange<Int>) throws(RecipeError) {
        guard !allowed.contains(found) else { return }
        throw .setting(
            name: name,
            found: "\(found)",
            allowed: "a whole number from \(allowed.lowerBound) to \(allowed.upperBound)"
        )
    }
}
