import init from './ui.js';

// macOS draws the window's controls itself, at the left.
document.documentElement.dataset.platform = navigator.platform.startsWith('Mac') ? 'mac' : 'other';

init({ module_or_path: './ui_bg.wasm' });
