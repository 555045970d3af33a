using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Migration.Worker.Hosting;

namespace Migration.Worker.Probes;

/// <summary>
/// The HTTP side of a program: <c>/livez</c>, <c>/readyz</c>, <c>/startupz</c> and <c>/metrics</c>. A host of its own, so
/// that it answers before the program's parts have started and until the last of them has stopped.
/// </summary>
public sealed class ProbeServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly PrometheusText _metrics;

    private ProbeServer(WebApplication app, PrometheusText metrics) => (_app, _metrics) = (app, metrics);

    /// <param name="port">On all addresses of the machine; null for no listener.</param>
    /// <param name="more">What this program serves besides.</param>
    /// <exception cref="UserException">The port is in use, or may not be used.</exception>
    public static async Task<ProbeServer?> StartAsync(
        int? port, ProgramHealth health, CancellationToken cancellationToken, Action<WebApplication>? more = null)
    {
        ArgumentNullException.ThrowIfNull(health);
        if (port is not { } number)
            return null;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore().AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenAnyIP(number);
        });
        var app = builder.Build();
        var server = new ProbeServer(app, new PrometheusText());
        app.UseRouting();
        server.Map(health);
        more?.Invoke(app);
        try
        {
            await app.StartAsync(cancellationToken);
            return server;
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            await server.DisposeAsync();
            throw new UserException(
                $"Port {number} cannot be listened on: {TransientRetry.FirstLine(e.InnerException ?? e)}. Choose another with --http-port or MIGRATION_HTTP_PORT.", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _metrics.Dispose();
    }

    private void Map(ProgramHealth health)
    {
        _app.MapGet("/livez", context => AnswerAsync(context, "alive", health.WhyNotAlive()));
        _app.MapGet("/readyz", context => AnswerAsync(context, "ready", health.WhyNotReady()));
        _app.MapGet("/startupz", context => AnswerAsync(context, "started", health.HasStarted ? [] : ["it is starting"]));
        _app.MapGet("/metrics", async context =>
        {
            context.Response.ContentType = PrometheusText.ContentType;
            await context.Response.WriteAsync(_metrics.Write(), context.RequestAborted);
        });
    }

    /// <summary>200 and a word, or 503 and a line for each reason.</summary>
    private static Task AnswerAsync(HttpContext context, string well, IReadOnlyList<string> reasons)
    {
        context.Response.StatusCode = reasons.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(
            reasons.Count == 0 ? well + "\n" : string.Concat(reasons.Select(reason => reason + "\n")), context.RequestAborted);
    }
}
