import { parentPort, workerData } from 'node:worker_threads';
import type { Batch } from './mint.ts';
import { signToken } from './sign.ts';

/** One thread's share. */
const { privateKey, claims } = workerData as Batch;
parentPort?.postMessage(claims.map((each) => signToken(privateKey, each)));
