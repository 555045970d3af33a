using Migration.Coordinator.Commands;
using Migration.Worker.Commands;

return await CoordinatorCommand.Create().RunAsync(args);
