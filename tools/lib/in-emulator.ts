// Loaded into the Firebase CLI's process (node --import) before the CLI itself.
import { createRequire } from 'node:module';

// The Auth emulator compiles a validator for every field of Google's API at start: 8 of 12 seconds.
// Its OpenAPI library can compile each on first use, an option that the CLI does not set.
type Middleware = (document: unknown, options: object) => unknown;
const require = createRequire(createRequire(import.meta.url).resolve('firebase-tools/package.json'));
const exegesis: { middleware: Middleware } = require('exegesis-express');
const { middleware } = exegesis;
exegesis.middleware = (document, options) =>
  middleware(document, { ...options, lazyCompileValidationSchemas: true });
