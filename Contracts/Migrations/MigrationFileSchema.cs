namespace Migration.Contracts.Migrations;

/// <summary>The JSON schema (draft 2020-12) of the migration file, for editors and checks.</summary>
public static class MigrationFileSchema
{
    /// <summary>The schema's text.</summary>
    public static string Read()
    {
        using var stream = typeof(MigrationFileSchema).Assembly.GetManifestResourceStream(typeof(MigrationFileSchema), "migration.schema.json")
            ?? throw new InvalidOperationException("migration.schema.json is not embedded in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
