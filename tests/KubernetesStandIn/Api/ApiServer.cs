using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Migration.KubernetesStandIn.Nodes;
using Migration.KubernetesStandIn.Simulation;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Api;

/// <summary>The API over HTTP on loopback: reads requests, lets them pass or not, and answers.</summary>
internal sealed class ApiServer(
    World world, Reads reads, Writes writes, Watches watches, Kubelet kubelet, Access access, ApiFaults faults, RequestLog log)
    : IAsyncDisposable
{
    private WebApplication? _listening;
    private int _port;

    public Uri Address => new($"http://127.0.0.1:{_port}");

    public string Version { get; set; } = "1.36";

    public async Task ListenAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, _port, listen => listen.Protocols = HttpProtocols.Http1));
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(options => options.ShutdownTimeout = TimeSpan.Zero);
        var application = builder.Build();
        application.Run(ServeAsync);
        await application.StartAsync();
        _listening = application;
        _port = new Uri(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
    }

    /// <summary>Connections are reset, and new ones refused, until it listens again at the same port.</summary>
    public async Task StopListeningAsync()
    {
        watches.End(WatchEnd.Cut);
        if (_listening is { } application)
            await application.DisposeAsync();
        _listening = null;
    }

    public async ValueTask DisposeAsync() => await StopListeningAsync();

    private async Task ServeAsync(HttpContext context)
    {
        var body = await new StreamReader(context.Request.Body).ReadToEndAsync(context.RequestAborted);
        var call = ApiCall.Read(context.Request.Method, context.Request.Path, context.Request.Query);
        if (faults.Delay > TimeSpan.Zero)
            await Task.Delay(faults.Delay, context.RequestAborted);
        var fault = faults.Next(call?.Verb ?? context.Request.Method);
        await AnswerAsync(context, call, body, fault, Note);

        // Before the answer is on its way: whoever has it finds the request in the log.
        void Note(int status) => log.Add(new LoggedRequest(
            world.Clock.GetUtcNow(), call?.Verb ?? context.Request.Method, call?.Resource ?? "", call?.Namespace, call?.Name,
            context.Request.Path + context.Request.QueryString, body, status));
    }

    private async Task AnswerAsync(HttpContext context, ApiCall? call, string body, ApiFaults.Planned? fault, Action<int> note)
    {
        try
        {
            if (fault?.Kind == ApiFaults.FaultKind.CutBefore)
                Cut(context, note);
            else if (fault?.Kind is ApiFaults.FaultKind.Throttle or ApiFaults.FaultKind.Fail)
                await TurnAwayAsync(context, fault, note);
            else if (call?.Verb == "watch")
                await WatchAsync(context, call, note);
            else if (Handle(context, call, body) is var answer && fault is null)
                await SendAsync(context, answer, note);
            else
                Cut(context, note);
        }
        catch (ApiError e)
        {
            await SendAsync(context, ApiAnswer.Of(e.Code, e.ToStatus()), note);
        }
        catch (JsonException e)
        {
            await SendAsync(context, ApiAnswer.Of(400, ApiError.BadRequest($"couldn't read the body: {e.Message}").ToStatus()), note);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone.
        }
    }

    private static void Cut(HttpContext context, Action<int> note)
    {
        note(0);
        context.Abort();
    }

    // The real one's flow control answers in plain text.
    private static async Task TurnAwayAsync(HttpContext context, ApiFaults.Planned fault, Action<int> note)
    {
        if (fault.Kind == ApiFaults.FaultKind.Throttle)
        {
            note(429);
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = fault.RetryAfterSeconds.ToString();
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync("Too many requests, please try again later.\n");
            return;
        }

        var (reason, message) = fault.Status switch
        {
            503 => ("ServiceUnavailable", "the server is currently unable to handle the request"),
            504 => ("Timeout", "the server was unable to return a response in the time allotted"),
            _ => ("InternalError", "Internal error occurred: etcdserver: leader changed"),
        };
        await SendAsync(context, ApiAnswer.Of(fault.Status, new ApiError(fault.Status, reason, message).ToStatus()), note);
    }

    private async Task WatchAsync(HttpContext context, ApiCall call, Action<int> note)
    {
        Admit(context, call);
        await watches.ServeAsync(call, context, () => note(200));
    }

    private string? Admit(HttpContext context, ApiCall? call)
    {
        var token = context.Request.Headers.Authorization is [{ } header] && header.StartsWith("Bearer ", StringComparison.Ordinal)
            ? header["Bearer ".Length..] : null;
        if (!access.IsKnown(token))
            throw new ApiError(401, "Unauthorized", "Unauthorized");
        if (call is not null)
            access.Check(token, call);
        return token;
    }

    private ApiAnswer Handle(HttpContext context, ApiCall? call, string body)
    {
        var token = Admit(context, call);
        if (call is null)
            return Discovery.Answer(context.Request.Path, Version) ?? throw ApiError.NoSuchPath();
        if (context.Request.ContentType == "application/vnd.kubernetes.protobuf")
            throw ApiError.UnsupportedMediaType("the stand-in reads JSON only; a real API server would read protobuf as well");
        var node = body.Length == 0 ? null : JsonNode.Parse(body);
        if (call.Type == ResourceTypes.AccessReviews)
            return ApiAnswer.Of(201, access.Review(token, node as JsonObject ?? []));
        ApiAnswer answer;
        lock (world.Gate)
            answer = Handle(call, node, (context.Request.ContentType ?? "").Split(';')[0].Trim());
        world.Time.Settle();
        return answer;
    }

    private ApiAnswer Handle(ApiCall call, JsonNode? body, string contentType) => (call.Verb, call.Subresource) switch
    {
        ("get", null or "status") => reads.Get(call),
        ("list", null) => reads.List(call),
        ("create", null) when call.Name is null => writes.Create(call, body),
        ("update", null or "status") => writes.Replace(call, body),
        ("patch", null or "status") => writes.Patch(call, body, contentType),
        ("delete", null) => writes.Delete(call, body),
        ("deletecollection", null) => writes.DeleteAll(call, body),
        ("create", "eviction") when call.Type == ResourceTypes.Pods => writes.Evict(call, body),
        ("get", "log") when call.Type == ResourceTypes.Pods => Log(call),
        _ => throw (call.Subresource is null ? ApiError.NotAllowed() : ApiError.NoSuchPath()),
    };

    private ApiAnswer Log(ApiCall call)
    {
        var pod = reads.Find(call with { Subresource = null });
        var text = kubelet.LogOf(pod.Value, call.Query["container"]) ?? "";
        return new ApiAnswer(200, System.Text.Encoding.UTF8.GetBytes(text)) { IsText = true };
    }

    private static async Task SendAsync(HttpContext context, ApiAnswer answer, Action<int> note)
    {
        note(answer.Status);
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.IsText ? "text/plain" : "application/json";
        if (answer.Warning is { } warning)
            context.Response.Headers.Append("Warning", $"299 - \"{warning.Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
        await context.Response.Body.WriteAsync(answer.Body);
    }
}
