using System.Runtime.CompilerServices;
using Migration.ChaosHook;

/// <summary>
/// What .NET calls before a program's Main when DOTNET_STARTUP_HOOKS names this assembly. The name, the lack of a
/// namespace and the method are .NET's rule.
/// </summary>
internal static class StartupHook
{
    /// <summary>Does nothing in a process that was given no orders, or that is neither coordinator nor worker.</summary>
    public static void Initialize()
    {
        var orders = ChaosOrders.FromEnvironment();
        if (orders is not null && File.Exists(Path.Combine(AppContext.BaseDirectory, "worker.dll")))
            Attach(orders);
    }

    // Apart and never inlined: worker.dll is looked up when this method is compiled, and is then the one beside the
    // program that runs, which both programs have.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Attach(ChaosOrders orders) => Migration.Worker.ProtocolPoint.Observer = orders.Reached;
}
