import { parentPort, workerData } from 'node:worker_threads';
import type { Batch } from './mint.ts';
import { signToken } from './sign.ts';

/** Signs the batch of one thread. */
const { privateKey, claims } = workerData as Batch;
parentPort?.postMessage(claims.map((each) => signToken(privateKey, each)));
