import { Writable } from 'node:stream';

const write: (this: Writable, text: string) => boolean = Writable.prototype.write;

let waiting = '';

/**
 * Writes a line of JSON to stdout. Those of one turn of the event loop go out together, since each write is a system call;
 * what kills the process without a word (SIGKILL, no memory) takes those of its last turn with it.
 *
 * Past what the functions framework puts in place of `process.stdout.write` where `LOG_EXECUTION_ID` is on, as firebase-tools
 * deploys it: that parses each write and serialises it again, to add what the line has from `requestLabels` already.
 */
export function writeLine(line: object): void {
  if (waiting === '') setImmediate(flushLines);
  waiting += `${JSON.stringify(line)}\n`;
}

/** Writes what waits, before something else is written. */
export function flushLines(): void {
  if (waiting === '') return;
  const lines = waiting;
  waiting = '';
  write.call(process.stdout, lines);
}

process.once('exit', flushLines);
