using k8s.Models;

namespace Migration.KubernetesStandIn.Runners;

/// <summary>Asks a process whether it is ready, as its container's probe says; without a probe it is ready when it runs.</summary>
internal sealed class ReadinessProbe(V1Probe? probe, int? port, IContainerReports reports)
{
    public async Task RunAsync(CancellationToken end)
    {
        if (probe?.HttpGet is not { } get || port is null)
        {
            reports.Ready(true);
            return;
        }

        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(Math.Max(1, probe.TimeoutSeconds ?? 1)) };
        var address = new Uri($"http://127.0.0.1:{port}{get.Path ?? "/"}");
        try
        {
            await AskAsync(client, address, end);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The process has ended.
        }
    }

    private async Task AskAsync(HttpClient client, Uri address, CancellationToken end)
    {
        var (wasReady, failures) = (false, 0);
        using var ticks = new PeriodicTimer(TimeSpan.FromSeconds(Math.Max(1, probe!.PeriodSeconds ?? 10)));
        do
        {
            var isReady = await IsReadyAsync(client, address, end);
            failures = isReady ? 0 : failures + 1;
            // As long as it has not failed often enough in a row, it stays ready.
            var now = isReady || (wasReady && failures < (probe.FailureThreshold ?? 3));
            if (now != wasReady)
                reports.Ready(now);
            wasReady = now;
        }
        while (await ticks.WaitForNextTickAsync(end));
    }

    private static async Task<bool> IsReadyAsync(HttpClient client, Uri address, CancellationToken end)
    {
        try
        {
            using var answer = await client.GetAsync(address, end);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !end.IsCancellationRequested))
        {
            return false;
        }
    }
}
