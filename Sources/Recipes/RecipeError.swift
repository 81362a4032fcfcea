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
    /// Training left numbers that are infinite or NaN.
    case diverged(role: Role, parameter: String)
    /// The loss of a part became infinite or NaN at a step, which counts from 0 within that part.
    case lossDiverged(role: Role, step: Int)
    /// Data of another width than the model was trained on.
    case featureCount(found: Int, needed: Int)
    /// A saved ensemble's tensors are not those of its model.
    case weights(String)

    /// What is wrong, what is allowed, and what to do.
    public var description: String {
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
        case .diverged(let role, let parameter):
            """
            Training diverged: after \(role), '\(parameter)' holds infinite numbers or NaN. Lower the optimizer's rate, \
            or standardise the data.
            """
        case .lossDiverged(let role, let step):
            """
            Training diverged: in \(role), the loss became infinite or NaN at step \(step + 1). Lower the learning rate, or \
            standardise the data; with `diverged: skip` a job goes on without that part.
            """
        case .featureCount(let found, let needed):
            "The data has \(found) features for each row, but the model was trained on \(needed)."
        case .weights(let what): "The weights do not fit the model: \(what)."
        }
    }
}
