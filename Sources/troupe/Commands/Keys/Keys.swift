import ArgumentParser

/// `troupe keys`
struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Makes keys for a cluster of several machines, and says whose may take part.",
        discussion: """
            Where the coordinator runs:   troupe keys generate coordinator
            On each worker's machine:     troupe keys generate NAME

            Carry `coordinator.public` into the folder of each worker's keys, and each worker's `NAME.public` to the \
            coordinator, where `troupe keys authorize NAME.public` lets it in. Secret keys stay where they were made.
            """,
        subcommands: [Generate.self, Show.self, Authorize.self, Revoke.self]
    )
}

/// Where keys lie.
struct KeyFolderOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The folder of the keys.", valueName: "folder"), completion: .directory)
    var folder = "keys"
}
