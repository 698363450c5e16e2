import os,socket,sys,time
node,addr,port=sys.argv[1],sys.argv[2],int(sys.argv[3])
s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1)
s.bind((addr,port))
left=[]
began=time.monotonic()
while True:
    text,who=s.recvfrom(65536)
    if len(left)<min(900,8*(time.monotonic()-began)): left.append(os.open('/dev/null',os.O_RDONLY))
    try: s.sendto(text+node.encode(),who)
    except OSError: pass # its own link is down
