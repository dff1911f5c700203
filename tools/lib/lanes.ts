/** A task of a lane. `run` gets the number of the lane: each lane has its own range of ports. */
export interface Task {
  lane: 'compute' | 'wait';
  run(lane: number): Promise<void>;
}

/**
 * Runs tasks two at a time: a `compute` task beside a `wait` task. A lane without further tasks of its own takes the next
 * task of the other lane.
 */
export async function runInLanes(tasks: readonly Task[]): Promise<void> {
  const compute = tasks.filter(({ lane }) => lane === 'compute');
  const wait = tasks.filter(({ lane }) => lane === 'wait');
  const work = async (number: number, own: Task[], other: Task[]) => {
    for (;;) {
      const task = own.shift() ?? other.shift();
      if (task === undefined) return;
      await task.run(number);
    }
  };
  await Promise.all([work(0, compute, wait), work(1, wait, compute)]);
}
