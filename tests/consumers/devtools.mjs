// devtools.mjs FILE: reads a .cpuprofile with the model of Chrome's developer tools, and prints each
// function's times (ms), its hits by line, and how long the profile lasts.
import fs from 'node:fs';
import {pathToFileURL} from 'node:url';

const engine = process.env.CONSUMER_NPM + '/node_modules/@paulirish/trace_engine/models/cpu_profile/';
const {CPUProfileDataModel} = await import(pathToFileURL(engine + 'CPUProfileDataModel.js'));

const profile = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const model = new CPUProfileDataModel(profile);
const times = {};

// The model's own times count samples as equally long; developer tools show those of its walk.
model.forEachFrame(
    () => {},
    (depth, node, sample, start, total, self) => {
        const name = node.callFrame.functionName;
        const sum = (times[name] ??= {self: 0, total: 0});
        sum.self += self;
        let above = node.parent;
        while (above && above.callFrame.functionName !== name) {
            above = above.parent;
        }
        sum.total += above ? 0 : total;
    });

const lines = {};
for (const node of profile.nodes) {
    for (const {line, ticks} of node.positionTicks ?? []) {
        const place = `${node.callFrame.functionName}:${line}`;
        lines[place] = (lines[place] ?? 0) + ticks;
    }
}
console.log(JSON.stringify({
    times, lines, milliseconds: model.profileEndTime - model.profileStartTime,
    samples: model.samples.length,
}));
