exec 'curl' '-sf' 'http://127.0.0.1/it'\''s'
