namespace Migration.Contracts.Migrations.Loading;

/// <summary>
/// A section's <c>uri</c>, or the environment variable that overrides it. An overridden <c>uri</c> is not looked at, so
/// that its placeholders need no values where the variable is set.
/// </summary>
/// <param name="Text">The connection text; null when there is none or it is wrong.</param>
/// <param name="Place">Where a mistake about it points to.</param>
/// <param name="Label">What a mistake calls it.</param>
/// <param name="IsGiven">False when neither file nor environment say anything.</param>
internal sealed record ConnectionSetting(string? Text, Place Place, string Label, bool IsGiven)
{
    public static ConnectionSetting Read(SectionReader section, string variable)
    {
        if (section.Context.Environment(variable) is { Length: > 0 } value)
        {
            return new ConnectionSetting(value, Place.OfVariable(variable), "the value", IsGiven: true);
        }

        var text = section.Text("uri", "a connection URI");
        return new ConnectionSetting(text, section.PlaceOf("uri"), section.Label("uri"), section.Find("uri") is not null);
    }

    public bool IsFromEnvironment => Place.Variable is not null;

    /// <summary>The part before <c>://</c> in lower case; null when the text does not begin with a scheme.</summary>
    public string? Scheme => ConnectionUri.SchemeOf(Text);

    public void Mistake(SectionReader section, string text) => section.Context.Mistakes.Add(Place, $"{Label} {text}");

    public void WrongScheme(SectionReader section, string expected, params string[] schemes)
    {
        var hint = Scheme is null ? null : NearestWord.Of(Scheme, schemes);
        Mistake(section, (Scheme is null ? "is not a connection URI" : $"begins with {Scheme}://")
            + $"; expected {expected}" + (hint is null ? "" : $"; did you mean {hint}://?"));
    }
}
