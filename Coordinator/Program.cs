using Migration.Coordinator;
using Migration.Coordinator.Commands;
using Migration.Coordinator.Tracking;
using Migration.Worker.Commands;
using Spectre.Console;

ErrorsAboveProgress.Install();
AnsiConsole.Console.WithRoom();
return await CoordinatorCommand.Create().RunAsync(args);
