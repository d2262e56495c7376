// Zoom, search, tooltips and the keyboard for the flame graph that this script stands in. It needs
// nothing but the boxes: nested <svg class="b"> in preorder, placed in percent, told by <title>.
(() => {
'use strict';
const SVG = 'http://www.w3.org/2000/svg', HTML = 'http://www.w3.org/1999/xhtml';
const LABEL_MIN = 22, LABEL_PAD = 5, LABEL_GAP = 7, PLACE_MIN = 34, THIN_MAX = 3;
const MARGIN = 16, TOOLS = 330;
const self = document.currentScript;
const root = self ? self.closest('svg.heatline') : document.querySelector('svg.heatline');
const details = root.querySelector('.details');
const title = root.querySelector('.title');
const alone = document.documentElement === root;

const boxes = [];
const byElement = new Map();
const open = [];
for (const element of root.querySelectorAll('.b')) {
    const told = element.querySelector('title');
    const text = element.querySelector('text');
    const lines = told.textContent.split('\n');
    const cutAt = lines.length > 2 ? lines[0].lastIndexOf(' (') : -1;
    const depth = Number(element.getAttribute('y'));
    while (open.length && open[open.length - 1].y >= depth) {
        open.pop();
    }
    const box = {
        element, y: depth, parent: open[open.length - 1] || null, children: [],
        left: parseFloat(element.getAttribute('x')) / 100,
        width: parseFloat(element.getAttribute('width')) / 100,
        lines, text,
        name: cutAt < 0 ? lines[0] : lines[0].slice(0, cutAt),
        place: cutAt < 0 ? '' : lines[0].slice(cutAt + 2, -1),
    };
    if (box.parent) {
        box.parent.children.push(box);
    }
    told.remove(); // the tooltip says it, at once
    element.setAttribute('aria-label', box.lines.join(', '));
    element.setAttribute('role', 'button');
    element.setAttribute('tabindex', '-1');
    open.push(box);
    boxes.push(box);
    byElement.set(element, box);
}
if (!boxes.length) {
    return;
}
const all = boxes[0];
const figures = (box) => box.lines[box.lines.length - 1];
const percent = (share) => (100 * share).toFixed(share < 0.001 ? 2 : 1) + ' %';

// Toolbar: made here, since it is of no use without a script.
const tools = document.createElementNS(SVG, 'foreignObject');
const bar = document.createElementNS(HTML, 'div');
const make = (name, values) => Object.assign(document.createElementNS(HTML, name), values);
const field = make('input', {
    type: 'search', placeholder: 'Search (regular expression)', spellcheck: false,
    title: 'Ctrl+F',
});
field.setAttribute('aria-label', 'Search frames by regular expression');
const matched = make('output', {});
matched.setAttribute('aria-live', 'polite');
const searchButton = make('button', {type: 'button', textContent: 'Search', className: 'search'});
const resetButton = make('button',
    {type: 'button', textContent: 'Reset zoom', className: 'reset', hidden: true});
bar.className = 'tools';
bar.append(matched, resetButton, field, searchButton);
tools.append(bar);
for (const [key, value] of Object.entries({y: 6, height: 34, class: 'toolbox'})) {
    tools.setAttribute(key, value);
}
root.append(tools);

const tip = document.createElementNS(SVG, 'foreignObject');
const card = document.createElementNS(HTML, 'div');
tip.setAttribute('class', 'tip');
tip.setAttribute('width', '1');
tip.setAttribute('height', '1');
tip.style.display = 'none';
tip.append(card);
root.append(tip);

let zoomed = all, focused = all, pattern = null;

let graphWidth = 0;
const fontOf = (element) => {
    const style = getComputedStyle(element);
    return `${style.fontSize} ${style.fontFamily}`;
};
const sample = document.createElementNS(SVG, 'text');
sample.append(document.createElementNS(SVG, 'tspan'));
all.element.append(sample);
const nameFont = fontOf(sample), placeFont = fontOf(sample.firstChild);
sample.remove();

const canvas = document.createElementNS(HTML, 'canvas').getContext('2d');
const measured = new Map();
function widthOf(text, font) {
    const key = font + text;
    if (!measured.has(key)) {
        canvas.font = font;
        measured.set(key, canvas.measureText(text).width);
    }
    return measured.get(key);
}

// As much of `text` as fits into `room` pixels, with an ellipsis where it was cut.
function cut(text, font, room) {
    if (widthOf(text, font) <= room) {
        return text;
    }
    const letters = Array.from(text);
    let fits = 0, fails = letters.length;
    while (fails - fits > 1) {
        const middle = (fits + fails) >> 1;
        const part = letters.slice(0, middle).join('') + '…';
        [fits, fails] = widthOf(part, font) <= room ? [middle, fails] : [fits, middle];
    }
    return fits ? letters.slice(0, fits).join('') + '…' : '';
}

function labelBox(box, pixels) {
    const room = pixels - 2 * LABEL_PAD;
    const name = cut(box.name, nameFont, room);
    const left = room - widthOf(name, nameFont) - LABEL_GAP;
    const place = name === box.name && left > PLACE_MIN ? cut(box.place, placeFont, left) : '';
    if (!box.text) {
        box.text = document.createElementNS(SVG, 'text');
        box.text.setAttribute('x', LABEL_PAD);
        box.text.setAttribute('y', '13');
        box.element.append(box.text);
    }
    box.text.textContent = name;
    if (place) {
        const span = document.createElementNS(SVG, 'tspan');
        span.setAttribute('dx', LABEL_GAP);
        span.textContent = place;
        box.text.append(span);
    }
}

function place(box, left, width) {
    const pixels = width * graphWidth;
    const {element} = box;
    element.style.display = '';
    element.setAttribute('x', 100 * left + '%');
    element.setAttribute('width', 100 * width + '%');
    element.classList.toggle('thin', pixels < THIN_MAX);
    if (pixels >= LABEL_MIN) {
        labelBox(box, pixels);
    } else if (box.text) {
        box.text.textContent = '';
    }
}

function isWithin(box, outer) {
    while (box && box !== outer) {
        box = box.parent;
    }
    return box === outer;
}

function layOut() {
    const callers = new Set();
    for (let box = zoomed.parent; box; box = box.parent) {
        callers.add(box);
    }
    let inside = false;
    for (const box of boxes) {
        inside = box === zoomed || (inside && box.y > zoomed.y);
        box.element.classList.toggle('up', callers.has(box));
        if (callers.has(box)) {
            place(box, 0, 1);
        } else if (inside) {
            place(box, (box.left - zoomed.left) / zoomed.width, box.width / zoomed.width);
        } else {
            box.element.style.display = 'none';
        }
    }
    resetButton.hidden = zoomed === all;
}

function zoom(box) {
    zoomed = box;
    layOut();
    showMatched();
    if (!isWithin(focused, box)) {
        moveFocus(box);
    }
}

function moveFocus(box) {
    focused.element.setAttribute('tabindex', '-1');
    focused = box;
    box.element.setAttribute('tabindex', '0');
    box.element.focus({preventScroll: false});
}

// The share of what is on screen that lies in matching boxes, each moment counted once.
function matchedShare(box) {
    if (box.hit) {
        return box.width;
    }
    return box.children.reduce((sum, child) => sum + matchedShare(child), 0);
}

function showMatched() {
    if (!pattern) {
        matched.textContent = '';
        return;
    }
    let share = matchedShare(zoomed) / zoomed.width;
    for (let box = zoomed.parent; box; box = box.parent) {
        share = box.hit ? 1 : share;
    }
    matched.textContent = percent(share) + ' matched';
}

function search(text) {
    pattern = null;
    field.classList.remove('bad');
    try {
        pattern = text ? new RegExp(text, /[A-Z]/.test(text) ? '' : 'i') : null;
    } catch (wrong) {
        field.classList.add('bad');
        field.title = wrong.message;
    }
    for (const box of boxes) {
        box.hit = pattern !== null && box !== all &&
            box.lines.slice(0, -1).some((line) => pattern.test(line));
        box.element.classList.toggle('hit', box.hit);
    }
    root.classList.toggle('searching', pattern !== null);
    showMatched();
}

function openSearch() {
    field.focus();
    field.select();
}

function showTip(box, clientX, clientY) {
    const [label, ...more] = box.lines;
    const name = make('b', {textContent: label});
    card.replaceChildren(name, ...more.map((line) => make('i', {textContent: line})));
    details.textContent = label + '  ·  ' + figures(box);
    tip.style.display = '';
    const frame = root.getBoundingClientRect();
    const width = Math.min(560, frame.width - 16);
    tip.setAttribute('width', width);
    const size = card.getBoundingClientRect();
    const bottom = alone ? window.innerHeight : Math.max(frame.bottom, window.innerHeight);
    const below = clientY + 18 + size.height < bottom;
    const x = Math.min(clientX - frame.left + 14, frame.width - size.width - 8);
    const y = clientY - frame.top + (below ? 18 : -size.height - 12);
    tip.setAttribute('x', Math.max(8, x));
    tip.setAttribute('y', Math.max(4, y));
}

function hideTip() {
    tip.style.display = 'none';
    details.textContent = '';
}

function boxOf(event) {
    const element = event.target.closest && event.target.closest('.b');
    return element ? byElement.get(element) : undefined;
}

function neighbour(box, key) {
    const visible = (other) => other && other.element.style.display !== 'none';
    if (key === 'ArrowUp') {
        return box.parent;
    }
    if (key === 'ArrowDown') {
        return box.children.find(visible);
    }
    const row = boxes.filter((other) => other.y === box.y && visible(other));
    return row[row.indexOf(box) + (key === 'ArrowRight' ? 1 : -1)];
}

function onBoxKey(box, event) {
    if (event.key === 'Enter' || event.key === ' ') {
        zoom(box);
    } else if (event.key.startsWith('Arrow')) {
        const next = neighbour(box, event.key);
        if (next) {
            moveFocus(next);
        }
    } else {
        return;
    }
    event.preventDefault();
}

root.addEventListener('click', (event) => {
    const box = boxOf(event);
    if (box) {
        zoom(box);
        moveFocus(box);
    }
});
root.addEventListener('mousemove', (event) => {
    const box = boxOf(event);
    if (box) {
        showTip(box, event.clientX, event.clientY);
    } else {
        hideTip();
    }
});
root.addEventListener('mouseleave', hideTip);
root.addEventListener('focusin', (event) => {
    const box = boxOf(event);
    if (box && box.element.matches(':focus-visible')) {
        const at = box.element.getBoundingClientRect();
        showTip(box, Math.max(at.left, 0), at.bottom - 14);
    }
});
root.addEventListener('focusout', hideTip);
(alone ? window : root).addEventListener('keydown', (event) => {
    const box = boxOf(event);
    if ((event.ctrlKey || event.metaKey) && event.key === 'f' && event.target !== field) {
        openSearch();
        event.preventDefault(); // a second Ctrl+F, in the field, is the browser's own
    } else if (event.key === 'Escape') {
        if (pattern || field.value) {
            field.value = '';
            search('');
        } else {
            zoom(all);
        }
        hideTip();
    } else if (box && !event.ctrlKey && !event.metaKey && !event.altKey) {
        onBoxKey(box, event);
    }
});
field.addEventListener('input', () => search(field.value));
searchButton.addEventListener('click', openSearch);
resetButton.addEventListener('click', () => zoom(all));

function onResize() {
    const width = root.getBoundingClientRect().width;
    graphWidth = Math.max(100, width - 2 * MARGIN);
    root.querySelector('.boxes').setAttribute('width', graphWidth);
    const toolsWidth = Math.min(600, width);
    tools.setAttribute('x', width - toolsWidth - MARGIN);
    tools.setAttribute('width', toolsWidth);
    title.textContent = cut(fullTitle, titleFont, width - TOOLS - 2 * MARGIN);
    layOut();
}

const fullTitle = title.textContent;
const titleFont = '650 ' + fontOf(title);
root.setAttribute('width', '100%');
all.element.setAttribute('tabindex', '0');
onResize();
window.addEventListener('resize', onResize);
})();
