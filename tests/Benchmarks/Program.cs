using Migration.Benchmarks.Commands;

return await BenchmarksCommand.Create().Parse(args).InvokeAsync();
