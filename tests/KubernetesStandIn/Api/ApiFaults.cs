namespace Migration.KubernetesStandIn.Api;

/// <summary>What goes wrong between a client and the API, as the test says.</summary>
public sealed class ApiFaults
{
    private readonly Lock _gate = new();
    private readonly List<Planned> _planned = [];

    /// <summary>A watch from an expired revision is answered by HTTP 410 instead of a line of type ERROR.</summary>
    public bool ExpiredWatchAsHttp { get; set; }

    /// <summary>Each request waits this long, in real time, before it is looked at.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>The next requests are turned away with 429 and a <c>Retry-After</c>.</summary>
    /// <param name="verb">Only such requests; null: all.</param>
    public void Throttle(int requests, int retryAfterSeconds = 1, string? verb = null) =>
        Plan(new Planned(requests, verb, FaultKind.Throttle, 429, retryAfterSeconds));

    /// <summary>The next requests fail with this status, 500 or 503 for instance, and do nothing.</summary>
    public void Fail(int requests, int status, string? verb = null) => Plan(new Planned(requests, verb, FaultKind.Fail, status, 0));

    /// <summary>The next requests' connections are cut before anything is done.</summary>
    public void Cut(int requests, string? verb = null) => Plan(new Planned(requests, verb, FaultKind.CutBefore, 0, 0));

    /// <summary>The next requests are carried out, and their connections cut before the answer.</summary>
    public void LoseAnswers(int requests, string? verb = null) => Plan(new Planned(requests, verb, FaultKind.CutAfter, 0, 0));

    internal Planned? Next(string verb)
    {
        lock (_gate)
        {
            var next = _planned.Find(fault => fault.Verb is null || fault.Verb == verb);
            if (next is not null && --next.Left == 0)
                _planned.Remove(next);
            return next;
        }
    }

    private void Plan(Planned fault)
    {
        lock (_gate)
            _planned.Add(fault);
    }

    internal enum FaultKind
    {
        Throttle,
        Fail,
        CutBefore,
        CutAfter,
    }

    internal sealed class Planned(int left, string? verb, FaultKind kind, int status, int retryAfterSeconds)
    {
        public int Left { get; set; } = left;

        public string? Verb => verb;

        public FaultKind Kind => kind;

        public int Status => status;

        public int RetryAfterSeconds => retryAfterSeconds;
    }
}
