using Migration.Coordinator.Commands;
using Migration.Coordinator.Tracking;
using Migration.Worker.Commands;

ErrorsAboveProgress.Install();
return await CoordinatorCommand.Create().RunAsync(args);
