public import Tensors

/// Why a model cannot be built.
public enum LayerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No layer has this name.
    case unknownLayer(String, known: [String])
    /// A layer does not have this setting, lacks one, or has it out of range.
    case setting(layer: String, name: String, reason: String)
    /// A layer cannot take examples of this shape.
    case input(layer: String, shape: Shape, reason: String)
    /// A model without layers.
    case empty

    /// What is wrong and what is allowed.
    public var description: String {
        switch self {
        case .unknownLayer(let name, let known):
            "there is no layer '\(name)'. Layers: \(known.joined(separator: ", "))."
        case .setting(let layer, let name, let reason): "layer '\(layer)', setting '\(name)': \(reason)"
        case .input(let layer, let shape, let reason):
            "layer '\(layer)' cannot take examples of shape \(shape): \(reason)"
        case .empty: "a model needs at least one layer"
        }
    }
}
