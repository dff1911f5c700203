import { mkdir, writeFile } from 'node:fs/promises';
import { createOpenApiDocument } from './openapi-document.ts';

const lib = new URL('../lib/', import.meta.url);
await mkdir(lib, { recursive: true });
await writeFile(new URL('openapi.json', lib), `${JSON.stringify(createOpenApiDocument(), null, 2)}\n`);
