using Migration.SampleShop;

return await new ShopCommand().Parse(args).InvokeAsync();
