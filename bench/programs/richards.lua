-- An operating system in small: tasks with priorities, messages between them, devices that hold them up.
local Task = {}
Task.__index = Task

function Task.new(class, name, priority)
  return setmetatable({
    name = name, priority = priority, first = nil, last = nil, waiting = true, held = false, runs = 0,
  }, class)
end

function Task:receive(message)
  message.next = nil
  if self.last then
    self.last.next = message
  else
    self.first = message
  end
  self.last = message
end

function Task:take()
  local message = self.first
  if message then
    self.first = message.next
    if not self.first then
      self.last = nil
    end
    message.next = nil
  end
  return message
end

function Task:is_ready()
  return not self.held and (self.first ~= nil or not self.waiting)
end

local function class(parent)
  local new = setmetatable({}, { __index = parent })
  new.__index = new
  return new
end

-- The idle task lets go of one device after the other, chosen by the bits of a shift register.
local Idle, Device, Worker, Handler = class(Task), class(Task), class(Task), class(Task)

local Scheduler = {}
Scheduler.__index = Scheduler

function Scheduler.new()
  return setmetatable({ tasks = {}, by_name = {}, sent = 0, holds = 0, stopped = false }, Scheduler)
end

function Scheduler:add(task)
  local at = 1
  while self.tasks[at] and self.tasks[at].priority >= task.priority do
    at = at + 1
  end
  table.insert(self.tasks, at, task)
  self.by_name[task.name] = task
  return task
end

function Scheduler:send(name, message)
  self.sent = self.sent + 1
  self.by_name[name]:receive(message)
end

function Scheduler:next_ready()
  for _, task in ipairs(self.tasks) do
    if task:is_ready() then
      return task
    end
  end
end

function Scheduler:run()
  while not self.stopped do
    local task = self:next_ready()
    task.runs = task.runs + 1
    task:run(self)
  end
end

function Idle:run(scheduler)
  self.left = self.left - 1
  if self.left == 0 then
    scheduler.stopped = true
    return
  end
  local odd = self.register % 2 == 1
  self.register = (self.register - (odd and 1 or 0)) / 2 + (odd and 53256 or 0)
  scheduler.by_name[odd and "disk" or "printer"].held = false
end

-- A device answers one message, then is held until the idle task releases it.
function Device:run(scheduler)
  local message = self:take()
  self.handled = self.handled + message.size
  self.held = true
  scheduler.holds = scheduler.holds + 1
  scheduler:send(message.sender, message)
end

function Worker:run(scheduler)
  local message = self:take()
  self.target = self.target == "disk handler" and "printer handler" or "disk handler"
  message.size = 0
  for i = 1, 4 do
    self.letter = self.letter % 26 + 1
    message.data[i] = self.letter
    message.size = message.size + self.letter
  end
  message.sender = self.name
  message.answer_to = self.name
  scheduler:send(self.target, message)
end

-- A handler passes requests on to its device and answers back to those who asked.
function Handler:run(scheduler)
  local message = self:take()
  if message.sender == self.name then
    for i = 1, #message.data do
      self.checksum = (self.checksum * 31 + message.data[i]) % 1000003
    end
    message.sender = self.device
    scheduler:send(message.answer_to, message)
  else
    message.sender = self.name
    scheduler:send(self.device, message)
  end
end

local scheduler = Scheduler.new()
local idle = scheduler:add(Task.new(Idle, "idle", 0))
idle.waiting, idle.register, idle.left = false, 1, tonumber(arg and arg[1]) or 700000
local worker = scheduler:add(Task.new(Worker, "worker", 1000))
worker.letter, worker.target = 0, "printer handler"
for i, name in ipairs({ "disk", "printer" }) do
  local handler = scheduler:add(Task.new(Handler, name .. " handler", 2000 + i * 100))
  handler.device, handler.checksum = name, 0
  scheduler:add(Task.new(Device, name, 4000 + i * 100)).handled = 0
end
for _ = 1, 6 do
  scheduler:send("worker", { data = {}, size = 0 })
end
scheduler:run()

print(string.format("%d messages, %d holds", scheduler.sent, scheduler.holds))
for _, task in ipairs(scheduler.tasks) do
  print(string.format("%s: %d runs, %d", task.name, task.runs, task.checksum or task.handled or 0))
end
