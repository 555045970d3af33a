namespace Migration.Worker;

/// <summary>What the two programs end with; documented in the README.</summary>
public static class ExitCode
{
    public const int Done = 0;

    /// <summary>Something that nobody foresaw; <c>--debug</c> shows where.</summary>
    public const int Unexpected = 1;

    /// <summary>
    /// The migration file, the arguments, a password or a right is wrong, or source and target are not as the file says:
    /// trying again without a change is useless. A Kubernetes Job fails at once on it.
    /// </summary>
    public const int Configuration = 2;

    /// <summary>A server could not be reached; trying again may help.</summary>
    public const int Unreachable = 3;

    /// <summary>The run is another coordinator's, or was started from a file that said something else.</summary>
    public const int Refused = 4;

    /// <summary>The run ended, and its counts do not add up or slices gave up; the report says which.</summary>
    public const int Incomplete = 5;

    /// <summary>
    /// A slice hung in this worker and could not be stopped: the process ends to get rid of it, and another one takes its
    /// place. The slice counts it as an attempt that took its worker down.
    /// </summary>
    public const int Hung = 6;

    /// <summary>Stopped by Ctrl-C, or a worker in an Indexed Job by SIGTERM; the run can go on.</summary>
    public const int Interrupted = 130;
}
