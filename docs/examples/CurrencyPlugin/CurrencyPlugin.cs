using System.Globalization;
using Migration.Contracts.Plugins;

namespace Shop;

/// <summary>
/// Makes euros of amounts in other currencies, by a table that lies beside it. The first column of <c>read</c> is the
/// amount, the second its currency; the one of <c>write</c> takes the euros.
/// </summary>
[Plugin]
public sealed class CurrencyPlugin : IRecordPlugin
{
    private Dictionary<string, decimal> _rates = [];
    private string _amount = "";
    private string _currency = "";
    private string _euros = "";

    /// <summary>Takes the setting <c>rates</c>: the table's name in the plugin's folder.</summary>
    public async Task OpenAsync(PluginContext context, CancellationToken cancellationToken)
    {
        if (context.Read is not [var amount, var currency] || context.Write is not [var euros])
            throw new ArgumentException("expected read: [the amount's column, its currency's column] and write: the column for euros");
        (_amount, _currency, _euros) = (amount, currency, euros);
        var table = Path.Combine(context.Folder, context.Settings.GetValueOrDefault("rates", "rates.csv"));
        var lines = await File.ReadAllLinesAsync(table, cancellationToken);
        _rates = lines.Skip(1).Select(line => line.Split(','))
            .ToDictionary(row => row[0], row => decimal.Parse(row[1], CultureInfo.InvariantCulture), StringComparer.Ordinal);
    }

    /// <summary>Called for many records at a time: it only reads what <see cref="OpenAsync"/> has set.</summary>
    public Task<IReadOnlyDictionary<string, object?>> EnrichAsync(
        IReadOnlyDictionary<string, object?> record, CancellationToken cancellationToken)
        => Task.FromResult<IReadOnlyDictionary<string, object?>>(new Dictionary<string, object?> { [_euros] = Euros(record[_amount], record[_currency]) });

    private decimal? Euros(object? amount, object? currency) => (amount, currency) switch
    {
        (null, _) => null,
        (decimal number, string code) when _rates.TryGetValue(code, out var rate) => Math.Round(number * rate, 2),
        (decimal, _) => throw new RecordRefusedException("there is no rate for its currency"),
        _ => throw new RecordRefusedException("its amount is no numeric column"),
    };
}
