namespace Migration.SampleShop;

/// <summary>
/// The words that records are made of. Adding, removing or moving one changes every shop: tests that pin a shop's
/// digest must then be pinned anew. Some words lie outside ASCII on purpose.
/// </summary>
internal static class Vocabulary
{
    public static readonly string[] Qualities =
        ["Compact", "Folding", "Quiet", "Robust", "Classic", "Alpine", "Nordic", "Everyday", "Slim", "Heavy-duty", "Crème", "Grün"];

    public static readonly string[] Materials =
        ["oak", "steel", "wool", "linen", "cork", "bamboo", "glass", "leather", "cotton", "titanium", "porcelain", "walnut"];

    public static readonly string[] Things =
        ["lamp", "kettle", "backpack", "chair", "jacket", "notebook", "bicycle bell", "teapot", "tent", "headphones", "café table", "piñata"];

    public static readonly string[] Phrases =
    [
        "Made to be repaired.", "Fits in any cupboard.", "Tested in rain and snow.", "Comes with spare parts.",
        "A gift that is used.", "Packed without plastic.", "Für drinnen und draußen.", "Delivered in two days.",
    ];

    public static readonly string[] Colours = ["red", "blue", "green", "black", "white", "sand", "türkis"];

    public static readonly string[] Sizes = ["XS", "S", "M", "L", "XL"];

    public static readonly string[] Tags =
        ["new", "sale", "kitchen", "outdoor", "gift", "kids", "office", "winter", "summer", "vegan", "déco", "日本"];

    public static readonly string[] Certificates = ["CE", "GS", "FSC", "OEKO-TEX"];

    public static readonly string[] EnergyClasses = ["A", "B", "C", "D", "E"];

    public static readonly string[] VendorNames =
        ["Northwind", "Halvorsen & Sons", "Atelier Dubois", "Müller Werke", "Łukasz Design", "Bright Ideas", "O'Neill Supply", "Sakura Crafts"];

    /// <summary>Where vendors and customers live, and what they are paid in.</summary>
    public static readonly (string City, string Country, string Currency)[] Places =
    [
        ("Berlin", "DE", "EUR"), ("Zürich", "CH", "CHF"), ("Lyon", "FR", "EUR"), ("Łódź", "PL", "PLN"), ("Malmö", "SE", "SEK"),
        ("Austin", "US", "USD"), ("Leeds", "GB", "GBP"), ("京都", "JP", "JPY"), ("São Paulo", "BR", "BRL"),
    ];

    public static readonly string[] FirstNames =
        ["Ada", "Björn", "Chloé", "Dmitri", "Elif", "Fatima", "Grace", "Hiro", "Inés", "Jan", "Kofi", "Zoë"];

    public static readonly string[] LastNames =
        ["Andersson", "Becker", "Castillo", "Dubois", "Eriksen", "Fischer", "García", "Haddad", "Ito", "Jansen", "Kowalski", "O'Brien"];

    public static readonly string[] Streets = ["High Street", "Hauptstraße", "Rue de la Paix", "Storgatan", "Calle Mayor", "Mill Lane"];

    public static readonly string[] MailHosts = ["example.com", "example.org", "example.net"];

    public static readonly string[] Statuses = ["placed", "paid", "shipped", "delivered", "cancelled", "returned"];
}
