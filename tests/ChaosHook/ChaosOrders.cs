using System.Globalization;

namespace Migration.ChaosHook;

/// <summary>The orders of a process, and how often each was met.</summary>
/// <remarks>
/// An order is carried out once, by whichever process meets it first: a file in the marks' folder, which only one process
/// can make, says that it was, by whom and when. An order that ends in <c>*</c> is carried out every time, as a poison
/// document would do, and leaves a file of its own each time.
/// </remarks>
internal sealed class ChaosOrders(IReadOnlyList<ChaosOrder> orders, string marks, string program)
{
    public const string OrdersVariable = "MIGRATION_TEST_CHAOS";
    public const string MarksVariable = "MIGRATION_TEST_CHAOS_MARKS";

    private readonly int[] _passages = new int[orders.Count];

    /// <summary>Null without orders.</summary>
    public static ChaosOrders? FromEnvironment()
    {
        if (Environment.GetEnvironmentVariable(OrdersVariable) is not { Length: > 0 } text)
            return null;
        var marks = Environment.GetEnvironmentVariable(MarksVariable)
            ?? throw new InvalidOperationException($"{OrdersVariable} without {MarksVariable}.");
        var program = Path.GetFileNameWithoutExtension(Environment.GetCommandLineArgs()[0]);
        return new ChaosOrders([.. text.Split(';').Select(ChaosOrder.Parse)], marks, program);
    }

    public void Reached(string point, string detail)
    {
        for (var i = 0; i < orders.Count; i++)
        {
            var order = orders[i];
            if (order.Concerns(program, point, detail)
                && Interlocked.Increment(ref _passages[i]) is var passage
                && (order.EveryTime || passage >= order.Passage)
                && TryMark(order))
            {
                ChaosDeed.Carry(order, Path.Combine(marks, order.Name));
            }
        }
    }

    /// <summary>False when another process, or this one earlier, has carried it out.</summary>
    private bool TryMark(ChaosOrder order)
    {
        var name = order.EveryTime ? $"{order.Name}.{Guid.NewGuid():N}.met" : order.Name + ".met";
        try
        {
            using var file = new StreamWriter(new FileStream(Path.Combine(marks, name), FileMode.CreateNew));
            file.Write(Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return true;
        }
        catch (IOException) when (File.Exists(Path.Combine(marks, name)))
        {
            return false;
        }
    }
}
