using Migration.Worker.Commands;

return await WorkerCommand.Create().RunAsync(args);
