/// The version of the whole program, kept with every model.
public let troupeVersion = "0.1.0"
