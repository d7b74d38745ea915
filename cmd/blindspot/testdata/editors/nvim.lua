-- A person with Neovim and its own client opens a rule with a slip, sees it, asks what it means, completes, takes the fix,
-- and lays the query out. What was seen goes to the file in OUT, a line of JSON each. Runs from 0.7 on.
local program, out = vim.env.BLINDSPOT, io.open(vim.env.OUT, "w")
local function tell(name, value)
  out:write(vim.fn.json_encode({ name = name, value = value }) .. "\n")
  out:flush()
end
local function finish(why)
  if why then tell("failed", why) end
  out:close()
  vim.cmd("qa!")
end

vim.cmd("edit " .. vim.env.FILE)
local buffer = vim.api.nvim_get_current_buf()
local config = { name = "blindspot", cmd = { program, "lsp" }, root_dir = vim.fn.getcwd() }
local id
if vim.lsp.start then
  id = vim.lsp.start(config)
else
  id = vim.lsp.start_client(config)
  vim.lsp.buf_attach_client(buffer, id)
end
if not id then return finish("the client did not start") end

local function diagnostics(wanted)
  vim.wait(20000, function() return wanted(vim.diagnostic.get(buffer)) end, 20)
  local list = {}
  for _, d in ipairs(vim.diagnostic.get(buffer)) do
    table.insert(list, { line = d.lnum + 1, column = d.col + 1, code = d.code, message = d.message })
  end
  return list
end
local function ask(method, params)
  local answers = vim.lsp.buf_request_sync(buffer, method, params, 20000)
  for _, a in pairs(answers or {}) do
    if a.err then return finish(method .. ": " .. a.err.message) end
    return a.result
  end
end
local encoding = "utf-16"
local function place(line, column)
  vim.api.nvim_win_set_cursor(0, { line, column - 1 })
  return vim.lsp.util.make_position_params(0, encoding)
end

local ok, why = pcall(function()
  local found = diagnostics(function(list) return #list > 0 end)
  tell("diagnostics", found)
  local at = found[1]
  local hover = ask("textDocument/hover", place(at.line, at.column + 2))
  tell("hover", hover.contents.value or hover.contents)

  local completion = ask("textDocument/completion", place(at.line, at.column + 9))
  local labels = {}
  for i, item in ipairs(completion.items or completion) do
    if i <= 5 then table.insert(labels, item.label) end
  end
  tell("completion", labels)

  place(at.line, at.column + 2)
  local params = vim.lsp.util.make_range_params(0, encoding)
  local said = vim.lsp.diagnostic.get_line_diagnostics and vim.lsp.diagnostic.get_line_diagnostics(buffer, at.line - 1) or {}
  params.context = { diagnostics = said }
  local titles, fix = {}, nil
  for _, action in ipairs(ask("textDocument/codeAction", params) or {}) do
    table.insert(titles, action.title)
    if action.edit and not fix then fix = action.edit end
  end
  tell("actions", titles)
  if not fix then return finish("no action has an edit") end
  vim.lsp.util.apply_workspace_edit(fix, encoding)
  tell("after", diagnostics(function(list) return #list == 0 end))
  tell("line", vim.api.nvim_buf_get_lines(buffer, at.line - 1, at.line, false)[1])

  if vim.lsp.buf.format then
    vim.lsp.buf.format({ async = false, timeout_ms = 20000 })
  else
    vim.lsp.buf.formatting_sync(nil, 20000)
  end
  tell("format", vim.api.nvim_buf_get_lines(buffer, 0, -1, false))
end)
finish(not ok and why or nil)
