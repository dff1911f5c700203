#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { startFirestore } from './server.ts';

/** `node packages/firestore-emulator/main.ts [--port 8080] [--data <dir>] [--indexes <file>]`. Stops on SIGINT or SIGTERM. */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8080' },
    data: { type: 'string' },
    indexes: { type: 'string' },
  },
});

const server = await startFirestore({
  port: Number(values.port),
  ...(values.data !== undefined && { dataDir: values.data }),
  ...(values.indexes !== undefined && { indexes: values.indexes }),
});
console.log(`Firestore listens on ${server.host}`);

let isStopping = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, async () => {
    if (isStopping) return;
    isStopping = true;
    await server.stop();
    process.exit(0);
  });
}
