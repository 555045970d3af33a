namespace Migration.EndToEnd.Tests.BadRows;

/// <summary>A way for PostgreSQL to refuse rows.</summary>
/// <param name="Strict">SQL after which flawed products are refused.</param>
/// <param name="Lenient">SQL for the same kind of constraint, which no product violates.</param>
/// <param name="SqlState">Of the refusal.</param>
/// <param name="Cause">What the refusal's message says.</param>
internal sealed record Constraint(string Strict, string Lenient, string SqlState, string Cause)
{
    public static IReadOnlyDictionary<string, Constraint> All { get; } = new Dictionary<string, Constraint>
    {
        ["check"] = new(
            "ALTER TABLE products ADD CONSTRAINT sound CHECK (flaw < 1)", "ALTER TABLE products ADD CHECK (flaw < 2)", "23514", "'sound'"),
        ["not null"] = new(
            // Of the file's own columns, those that are NOT NULL are checked by the mapping already.
            "ALTER TABLE products ADD wholly int GENERATED ALWAYS AS (whole) STORED NOT NULL",
            "ALTER TABLE products ADD wholly int GENERATED ALWAYS AS (coalesce(whole, 0)) STORED NOT NULL", "23502", "\"wholly\""),
        ["unique"] = new(
            "ALTER TABLE products ADD CONSTRAINT once UNIQUE (serial)", "ALTER TABLE products ADD UNIQUE (number)", "23505", "'once'"),
        ["foreign key"] = new(ForeignKey(0, ""), ForeignKey(1, ""), "23503", "'known'"),
        ["after trigger"] = new(Trigger(1), Trigger(2), "P0001", "flawed"),
        ["deferred"] = new(
            ForeignKey(0, "DEFERRABLE INITIALLY DEFERRED"), ForeignKey(1, "DEFERRABLE INITIALLY DEFERRED"), "23503", "'known'"),
    };

    private static string ForeignKey(int known, string when)
        => $"""
            CREATE TABLE flaws (id int PRIMARY KEY);
            INSERT INTO flaws SELECT generate_series(0, {known});
            ALTER TABLE products ADD CONSTRAINT known FOREIGN KEY (flaw) REFERENCES flaws {when}
            """;

    private static string Trigger(int refused)
        => $"""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN IF NEW.flaw = {refused} THEN RAISE EXCEPTION 'flawed'; END IF; RETURN NULL; END $$;
            CREATE TRIGGER refuse AFTER INSERT ON products FOR EACH ROW EXECUTE FUNCTION refuse()
            """;
}
