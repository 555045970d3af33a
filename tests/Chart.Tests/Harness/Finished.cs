using System.Diagnostics;

namespace Migration.Chart.Tests.Harness;

/// <summary>A program that has been run to its end.</summary>
/// <param name="Line">What was run, for messages.</param>
internal sealed record Finished(string Line, int ExitCode, string Output, string Errors)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static async Task<Finished> RunAsync(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var info = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Root,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
            info.Environment[name] = value;
        using var process = Process.Start(info) ?? throw new InvalidOperationException($"{program} did not start.");
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return new Finished($"{program} {string.Join(' ', info.ArgumentList)}", process.ExitCode, await output, await errors);
    }

    /// <summary>What it printed; a failure of the test when it did not end well.</summary>
    public string Good()
    {
        Assert.True(ExitCode == 0, $"{Line}\nended with {ExitCode}:\n{Errors}\n{Output}");
        return Output;
    }
}
