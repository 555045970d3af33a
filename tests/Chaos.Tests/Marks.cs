using System.Globalization;
using Migration.ChaosHook;

namespace Migration.Chaos.Tests;

/// <summary>The folder in which hooked processes say which orders they met, and are told to go on.</summary>
internal sealed class Marks(string folder)
{
    public string Folder { get; } = Directory.CreateDirectory(Path.Combine(folder, "marks")).FullName;

    /// <summary>What a program needs to carry out the orders.</summary>
    public Dictionary<string, string?> Environment(IReadOnlyCollection<ChaosOrder> orders) => new()
    {
        ["DOTNET_STARTUP_HOOKS"] = orders.Count == 0 ? null : typeof(ChaosOrder).Assembly.Location,
        [ChaosOrders.OrdersVariable] = orders.Count == 0 ? null : string.Join(';', orders),
        [ChaosOrders.MarksVariable] = Folder,
    };

    /// <summary>How often it was carried out.</summary>
    public int Met(ChaosOrder order) => Directory.GetFiles(Folder, order.Name + (order.EveryTime ? ".*.met" : ".met")).Length;

    /// <summary>The process that met it; null while none has.</summary>
    public int? WhoMet(ChaosOrder order)
    {
        var file = Path.Combine(Folder, order.Name + ".met");
        return File.Exists(file) && int.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out var process) ? process : null;
    }

    /// <summary>Lets a process go on that holds.</summary>
    public void LetGo(ChaosOrder order) => File.WriteAllText(Path.Combine(Folder, order.Name + ".go"), "");
}
