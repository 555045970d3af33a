using System.Globalization;
using System.Runtime.InteropServices;

namespace Migration.ChaosHook;

/// <summary>What a process does to itself when it meets an order.</summary>
internal static partial class ChaosDeed
{
    private const int SigKill = 9;
    private const int SigTerm = 15;
    private const int SigStop = 19;

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(10);

    /// <param name="mark">The order's files: a held process waits until <c>mark.go</c> exists.</param>
    /// <exception cref="InvalidOperationException">The deed is <c>throw</c>.</exception>
    public static void Carry(ChaosOrder order, string mark)
    {
        switch (order.Deed)
        {
            case "kill":
                Signal(SigKill);
                break;
            case "term":
                Signal(SigTerm);
                break;
            case "stop":
                Signal(SigStop);
                break;
            case "throw":
                throw new InvalidOperationException($"The chaos tests threw this at {order.Point}.");
            case "hang":
                Thread.Sleep(Timeout.Infinite);
                break;
            case "overflow":
                Overflow(0);
                break;
            case "allocate":
                Allocate();
                break;
            case "hold":
                Hold(mark);
                break;
            case "delay":
                Thread.Sleep(int.Parse(order.Argument!, CultureInfo.InvariantCulture));
                break;
            default:
                throw new FormatException($"'{order.Deed}' is no deed of chaos.");
        }
    }

    private static void Hold(string mark)
    {
        while (!File.Exists(mark + ".go"))
            Thread.Sleep(LookInterval);
    }

    /// <summary>Without end; under a limit of the heap the process runs out of memory, and so does whatever else it does meanwhile.</summary>
    private static void Allocate()
    {
        var held = new List<byte[]>();
        while (true)
            held.Add(GC.AllocateUninitializedArray<byte>(64 * 1024));
    }

    private static int Overflow(int depth)
    {
        Span<byte> room = stackalloc byte[4096];
        room[depth & 4095] = 1;
        return Overflow(depth + 1) + room[0];
    }

    private static void Signal(int signal)
    {
        if (Kill(Environment.ProcessId, signal) != 0)
            throw new InvalidOperationException($"Signal {signal} could not be sent.");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
