using System.Runtime.InteropServices;

namespace Migration.Benchmarks.Measuring;

/// <summary>CPU of all processes that this one has started and that have ended, with those that they started.</summary>
internal static partial class ChildrenCpu
{
    private const int Children = -1;

    /// <summary>Seconds, user and system; what a program has spent is in it once it has ended, to the last microsecond.</summary>
    public static double Seconds() =>
        GetResourceUsage(Children, out var usage) == 0 ? usage.UserSeconds + usage.SystemSeconds : throw new InvalidOperationException("getrusage failed");

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetResourceUsage(int who, out ResourceUsage usage);

    /// <summary>struct rusage: two times, then fourteen figures that are not of interest.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 144)]
    private struct ResourceUsage
    {
        private readonly long _userSeconds;
        private readonly long _userMicroseconds;
        private readonly long _systemSeconds;
        private readonly long _systemMicroseconds;

        public readonly double UserSeconds => _userSeconds + (_userMicroseconds / 1e6);

        public readonly double SystemSeconds => _systemSeconds + (_systemMicroseconds / 1e6);
    }
}
